//! Floor 2: the flow and map language: lossless parse, check, format, edit, compile, run.
