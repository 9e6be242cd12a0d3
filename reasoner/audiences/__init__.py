"""Answers in the words of a patient, an educator or a clinician."""
