"""Which runtime and device execute the networks: self-tests, timings, and what is there at all."""
