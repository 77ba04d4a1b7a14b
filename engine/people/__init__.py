"""Who somebody is: one person behind many identifiers, her roles, her consents, and sign-in."""
