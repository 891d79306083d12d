"""How fast facedex is on this machine: what ``facedex bench`` measures, and beside what."""
