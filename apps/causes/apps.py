from django.apps import AppConfig


class CausesConfig(AppConfig):
    name = "apps.causes"
    label = "causes"
