"""The names of the schemes whose keys can be imported, and the forms in which such keys are published."""

SCHEMES = ("eu_dcc", "smart_health_card", "divoc", "vds_nc")

FORMS = """\
| form                                                        | scheme            | issuer from            |
|-------------------------------------------------------------|-------------------|------------------------|
| certificates in PEM                                         | eu_dcc, vds_nc    | the certificate        |
| public key in PEM                                           | divoc             | `--issuer`             |
| DSC list of the DCC gateway: {"certificates": [{"rawData"}]}| eu_dcc            | country, or certificate|
| key list by kid: {"eu_keys": {kid: [{"subjectPk"}]}}        | eu_dcc            | `ian`                  |
| JSON Web Key Set: {"keys": [...]}                           | smart_health_card | `--issuer`             |
| snapshot of the VCI directory: {"issuerInfo": [...]}        | smart_health_card | the snapshot           |
| DID document: {"verificationMethod": [...]}                 | divoc             | its ids                |
"""
