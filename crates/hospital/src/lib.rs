//! The simulated hospital: patient flow, simulated systems and wire peers behind demo, bench, training and tests.
