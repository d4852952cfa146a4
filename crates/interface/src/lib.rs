//! Floor 3: what an interface is: definition, Source and Destination contracts, catalogue, lint, workspace.
