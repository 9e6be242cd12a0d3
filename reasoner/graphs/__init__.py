"""Answers as RDF: a named graph for each thing asked about, made from the data of the JSON answer.

Nothing is computed here a second time: each module turns what one question answered into PROV-O and
Explanation Ontology terms, with the proofs it points to in graphs of their own.
"""
