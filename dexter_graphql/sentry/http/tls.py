"""Certificates that connections to Sentry trust."""

import ssl

from dexter_graphql.errors import SettingsError


def tls_context(ca_file: str) -> ssl.SSLContext:
    """Trust in the system's certificate authorities and in those of a PEM file."""
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(cafile=ca_file)
    except OSError as error:
        raise SettingsError(f"DEXTER_CA_FILE: {ca_file} holds no certificates in PEM format ({error})") from None
    return context
