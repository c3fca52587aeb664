"""Codes of erasing."""

from transfer.messages.codes import Code


class ErasureBasis(Code):
    """Why personal data are destroyed (PIPL is the Personal Information Protection Law)."""

    PURPOSE_MET = "PURPOSE_MET", "处理目的已实现或者不再必要", "The purpose is met or needs them no more", "PIPL 47(1)"
    TERM_OVER = "TERM_OVER", "保存期限已届满", "The retention term is over", "PIPL 47(2)"
    CONSENT_WITHDRAWN = "CONSENT_WITHDRAWN", "个人撤回同意", "The person withdrew consent", "PIPL 47(3)"
    UNLAWFUL = "UNLAWFUL", "违法违规或者违反约定处理", "They were processed against the law", "PIPL 47(4)"
