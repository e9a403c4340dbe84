"""First stage: what kind of file the upload is, what can be seen and heard in it, and a few stills."""
