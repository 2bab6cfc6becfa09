"""Research: data sets, training, evaluation and benchmarks. No product code imports it, Slicer does not install it."""
