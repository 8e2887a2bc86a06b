"""Room one: what the recipe builder gave, checked; every problem in plain words."""

from connector_runtime.inputs.checking import check_inputs
from connector_runtime.inputs.documents import NOT_RECORDED, as_given, declared_only, digest_of, secrets_in

__all__ = ["NOT_RECORDED", "as_given", "check_inputs", "declared_only", "digest_of", "secrets_in"]
