"""Explanations: what a reader sees of an assessment and its proofs."""
