"""The review: which question to ask next, and what its answers decide."""
