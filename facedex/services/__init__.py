"""The use cases: what the program does. The only door for cli/ and viewer/."""
