"""The value sets of the EU Digital COVID Certificate.

Source of the codes: eHealth Network, "Value Sets for EU Digital COVID Certificates", version 1.10 (26 January 2022),
as published in ehn-dcc-development/eu-dcc-valuesets.
"""

NAAT, RAPID = "LP6464-4", "LP217198-3"
NOT_DETECTED, DETECTED = "260415000", "260373001"

PROPHYLAXES = frozenset({"1119305005", "1119349007", "J07BX03", "1162643001", "1157024006", "29061000087103"})

_PRODUCTS = """
    EU/1/20/1528 EU/1/20/1507 EU/1/21/1529 EU/1/20/1525 EU/1/21/1618 EU/1/21/1624 EU/1/21/1580 EU/1/22/1709
    CVnCoV NVX-CoV2373 Sputnik-V Convidecia EpiVacCorona BBIBP-CorV Inactivated-SARS-CoV-2-Vero-Cell CoronaVac Covaxin
    Covishield Covid-19-recombinant R-COVI CoviVac Sputnik-Light Hayat-Vax Abdala WIBP-CorV MVC-COV1901 Covovax
    Vidprevtyn VLA2001 EpiVacCorona-N Sputnik-M Covid-19-adsorvida-inativada NVSI-06-08 YS-SC2-010 SCTV01C Covifenz
    AZD2816 Soberana-02 Soberana-Plus BBIBP-CorV_T CoronaVac_T Covaxin_T
"""
PRODUCTS = frozenset(_PRODUCTS.split())

_MANUFACTURERS = """
    ORG-100001699 ORG-100030215 ORG-100001417 ORG-100031184 ORG-100006270 ORG-100013793 ORG-100020693 ORG-100010771
    ORG-100024420 ORG-100032020 ORG-100001981 ORG-100007893 ORG-100023050 ORG-100033914 ORG-100000788 ORG-100036422
    ORG-100026614 ORG-100008549 Gamaleya-Research-Institute Vector-Institute Sinovac-Biotech Bharat-Biotech Fiocruz
    Chumakov-Federal-Scientific-Center CIGB Sinopharm-WIBP Instituto-Butantan NVSI Yisheng-Biopharma
    Finlay-Institute
"""
MANUFACTURERS = frozenset(_MANUFACTURERS.split())

_COUNTRIES = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH EL ER ES ET FI FJ FK FM FO FR
    GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
    KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT
    MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
    SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG
    UK UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
"""
COUNTRIES = frozenset(_COUNTRIES.split())
"""ISO 3166-1 alpha-2 with Kosovo (XK) and the Commission's own EL and UK. Longer codes name an organisation."""

LAST_DEVICE = 4999
"""The highest serial number of a rapid test that is accepted.

The numbers come from the JRC's device database. The Commission's list (2,243 in July 2021) grew every week and is not
bundled; a number far above it, such as 9999, is in no list."""
