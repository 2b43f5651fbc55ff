"""What moves controls by itself: sources, the routes from them to parameters, and the values that come of it."""
