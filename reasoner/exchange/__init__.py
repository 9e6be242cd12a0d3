"""What goes out to other systems: RDF in its forms, and recommendations as FHIR.

Everything here is written from an assessment or a graph that is already there; nothing is decided.
"""
