"""Attachments: kept encrypted, taken in from people, given to regions, fetched from them."""
