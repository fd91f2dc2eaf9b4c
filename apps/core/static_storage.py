"""Static files under names that say what is in them."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

# Imports of our own modules, one statement a line start; types in comments (`{import("./x.js").Y}`) are left alone.
# Django's own switch for this reads every script of every library, and stumbles over examples in their comments.
_IMPORTS = (
    "js/*.js",
    (
        (
            r"""(?m)(?P<matched>^(?P<what>(?:import|export)\b[^;"'()]*?\bfrom\s*)["'](?P<url>\./[^"']+)["'])""",
            '%(what)s"%(url)s"',
        ),
        (r"""(?m)(?P<matched>^import\s*["'](?P<url>\./[^"']+)["'])""", 'import "%(url)s"'),
        (r"""(?P<matched>(?<![{|<])(?<!\| )\bimport\(\s*["'](?P<url>\./[^"']+)["']\s*\))""", 'import("%(url)s")'),
    ),
)


class HashedModulesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Also what an ES module imports has its hashed name: a browser must not mix modules of two releases.

    Two modules that import each other have no hash; `collectstatic` then fails, and so does its test.
    """

    patterns = (*CompressedManifestStaticFilesStorage.patterns, _IMPORTS)
