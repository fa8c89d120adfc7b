"""Fluorochromes: channels merged to a picture in colour, and recreated from it."""
