//! Floor 1: HL7 v2 messages in ER7: trees, paths, escapes, batches, charsets, acknowledgments, framing. Pure.
