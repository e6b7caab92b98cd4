"""Codes of COVID-19 and of its virus, as the schemes write them.

Sources: SNOMED CT; WHO, ICD-11 (RA01 for the disease, XN109 for the virus SARS-CoV-2).
"""

COVID_19 = "840539006"
"""The SNOMED CT code of the disease COVID-19."""

COVID_19_CODES = frozenset({COVID_19, "RA01", "RA01.0", "RA01.1", "XN109", "840533007"})
"""The codes of COVID-19 and of SARS-CoV-2 in SNOMED CT and ICD-11."""
