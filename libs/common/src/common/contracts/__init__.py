"""The messages of the system and the table of subjects they travel on."""
