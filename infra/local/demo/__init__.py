"""The demonstration agency: a bilingual town, its people, its accounts on the practice networks, and some posts."""
