"""The HTTP side of the embedded Cloud Storage: the JSON API, the XML API with signed URLs, and what they share."""
