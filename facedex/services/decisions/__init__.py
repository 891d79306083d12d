"""What the user decides of faces, groups and people, the journal that keeps it, and what follows from it."""
