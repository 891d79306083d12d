"""How one item of a list or a grid is painted."""
