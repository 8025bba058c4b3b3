"""Screenplays in Fountain."""
