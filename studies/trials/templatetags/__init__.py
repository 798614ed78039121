"""Filters for the templates of participants' pages."""
