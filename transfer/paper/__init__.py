"""Formal letters between institutions: their layout, as PDF, with a code by which a court can check them."""
