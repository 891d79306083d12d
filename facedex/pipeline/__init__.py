"""How a photo flows: workers, their supervisor, and the storing of what they find."""
