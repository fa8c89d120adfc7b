"""`photo_folder`: a user's own photographs, one folder for each class."""
