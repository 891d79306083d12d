"""What the views show: item models over the services, with no painting and no SQL."""
