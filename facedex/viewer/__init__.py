"""The Qt window: models, views, delegates and the threads that work for them."""
