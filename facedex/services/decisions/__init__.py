"""What the user decides of faces, groups and people, the journal of it, and what follows."""
