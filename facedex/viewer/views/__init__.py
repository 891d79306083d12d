"""The widgets of the window: they show models, take input, and decide nothing."""
