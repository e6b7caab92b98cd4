"""Codes of diseases, as the schemes write them.

Sources: SNOMED CT; WHO, ICD-11 (RA01 for the disease COVID-19, XN109 for the virus SARS-CoV-2); WHO smart-icvp, value
set DiseaseTargeted.
"""

from kiosk.settings.schema.health import Disease

COVID_19 = "840539006"
"""The SNOMED CT code of the disease COVID-19."""

COVID_19_CODES = frozenset({COVID_19, "RA01", "RA01.0", "RA01.1", "XN109", "840533007"})
"""The codes of COVID-19 and of SARS-CoV-2 in SNOMED CT and ICD-11."""

DISEASES = {
    "1A00": Disease.CHOLERA,
    "1A07": Disease.TYPHOID,
    "1C12": Disease.PERTUSSIS,
    "1C13": Disease.TETANUS,
    "1C17": Disease.DIPHTHERIA,
    "1C1C": Disease.MENINGOCOCCAL,
    "1C80": Disease.TICK_BORNE_ENCEPHALITIS,
    "1C81": Disease.POLIO,
    "1C82": Disease.RABIES,
    "1C85": Disease.JAPANESE_ENCEPHALITIS,
    "1D2Z": Disease.DENGUE,
    "1D47": Disease.YELLOW_FEVER,
    "1D80": Disease.MUMPS,
    "1E32": Disease.INFLUENZA,
    "1E50.0": Disease.HEPATITIS_A,
    "1E50.1": Disease.HEPATITIS_B,
    "1E90": Disease.VARICELLA,
    "1F02": Disease.RUBELLA,
    "1F03": Disease.MEASLES,
}
"""The ICD-11 codes of other diseases against which a yellow card may certify a vaccination."""
