"""Recognising people: the library's faces for the matcher, its metric, suggestions and groups."""
