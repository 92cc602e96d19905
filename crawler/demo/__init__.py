"""The bundled sample sites and the run over them: the main job with no network."""
