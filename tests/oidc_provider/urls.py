"""The pages of the provider, and how it makes ID tokens; loaded when Django is set up."""

from typing import Any

from django.contrib.auth.views import LoginView
from django.urls import include, path
from oauth2_provider.oauth2_validators import OAuth2Validator

import __main__


class Faulty(OAuth2Validator):  # type: ignore[misc]
    """Signs what it was told to sign."""

    def finalize_id_token(self, *args: Any) -> str:
        return str(__main__.resigned(super().finalize_id_token(*args)))


urlpatterns = [path("login/", LoginView.as_view()), path("o/", include("oauth2_provider.urls"))]
