"""Every answer that is not "yes": the one catalogue of refusal codes (C72 to C77).

Law: a refusal is a recorded answer with a code from this list. `number` goes into the
hash of stored operations: it is never changed, reused or renumbered; new codes take the
next free one. The order of `DECLINE_ORDER` is the contract "first that applies wins".

It refuses to know sentences (they live in *_fr.toml, keyed by name) and HTTP statuses
(one table, in cardservice.api.problems).
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Code:
    """One refusal.

    `final` is true when trying again the same day cannot succeed; `since` says what the
    code is for, with the requirement that asks for it.
    """

    name: str
    number: int
    final: bool
    since: str


_DECLINES: Final = (
    Code("operation_cancelled", 1, True, "C60: cancelled before its debit arrived"),
    Code("identification_expired", 2, False, "C26: identified too long ago, or elsewhere"),
    # Not final: it may be a slip of the fingers.
    Code("card_unknown", 3, False, "C77: no card has this code"),
    # Not final: the youth can activate the card at the till.
    Code("card_not_activated", 4, False, "C72: not yet linked to an account"),
    Code("card_blocked", 5, True, "C74: reported lost or stolen"),
    Code("card_paused", 6, False, "C25: paused by its holder, who may resume it"),
    Code("screen_code_expired", 7, False, "C19: screen code too old or read elsewhere"),
    Code("card_replaced", 8, True, "C25: another card has taken its place"),
    Code("card_obsolete", 9, True, "C23, C73: a later school year has begun"),
    Code("school_year_not_started", 10, True, "C20: before the first school day"),
    Code("school_year_over", 11, True, "C20, C76: from 1 September until the next year"),
    Code("holder_has_no_wallets", 12, True, "C14: a card for the bons plans only"),
    Code("agreement_not_in_force", 13, True, "C4: the partner has no agreement that day"),
    Code("wallet_not_accepted", 14, True, "C10: the agreement does not list this wallet"),
    Code("identity_not_checked", 15, False, "C26: the cashier has not checked identity"),
    Code("amount_above_terminal_limit", 16, False, "C50: more than this terminal may debit"),
    Code("insufficient_balance", 17, False, "C53, C75: more than the wallet holds"),
    Code("pin_blocked", 18, False, "C58: three wrong PINs; a new one is set online"),
    Code("pin_required", 19, False, "C58: this terminal asks for the PIN"),
    Code("pin_wrong", 20, False, "C58: not the holder's PIN"),
)

_CANCELLATION_DECLINES: Final = (
    Code("cancellation_day_over", 31, True, "C60, C62: the day of the debit is over"),
    Code("debit_was_declined", 32, True, "C60: a refused debit cannot be cancelled"),
)

_PROBLEMS: Final = (
    Code("terminal_unknown", 101, True, "C48: no terminal has this key"),
    Code("terminal_revoked", 102, True, "C48: the terminal's key was withdrawn"),
    Code("partner_suspended", 103, False, "C4: the partner may not debit for now"),
    Code("activation_unknown", 104, True, "C48: activation code wrong, used or expired"),
    Code("operation_unknown", 105, False, "C60: none of this partner's operations"),
    Code("operation_id_reused", 106, True, "C59: same operation id, other content"),
    Code("day_not_closed", 107, False, "C69: the day is open or unknown"),
    Code("malformed_request", 108, True, "C52: not a request that the contract knows"),
    Code("request_too_large", 109, True, "more than the contract's 64 KiB"),
    Code("too_many_lookups", 110, False, "C18: too many readings that find no card"),
    Code("unavailable", 111, False, "C51: not decided; ask again with the same id"),
    Code("not_found", 112, True, "no such address"),
    Code("method_not_allowed", 113, True, "the address does not know this method"),
    Code("internal_error", 114, False, "a defect of ours, which is logged"),
    Code("too_many_tickets", 115, False, "C57: tickets mailed from this terminal often enough"),
)

# What a verb of the office, or a line of an import, is refused for. Add at the end.
_VERB_REFUSALS: Final = (
    Code("pin_too_simple", 201, False, "C58: a PIN that anybody tries first"),
    Code("pin_is_birth_date", 202, False, "C58: a PIN read off the identity card"),
    Code("lives_elsewhere", 203, True, "C8, C14: does not live in the department"),
    Code("too_young", 204, True, "C3: younger than the scheme's youngest"),
    Code("too_old", 205, True, "C3: past the last birthday of the scheme"),
    Code("not_schooled_here", 206, True, "C8, C9: of college age, in no school we know"),
    Code("file_too_large", 207, True, "C8: an import of more bytes than we read"),
    Code("file_too_long", 208, True, "C8: an import of more lines than we read"),
    Code("file_columns_differ", 209, True, "C8: the first line does not name our columns"),
    Code("line_not_utf8", 210, True, "C8: a line in another encoding"),
    Code("line_columns_miscounted", 211, True, "C8: more or fewer fields than columns"),
    Code("line_quotes_broken", 212, True, "C8: a quote that opens and does not close"),
    Code("field_missing", 213, True, "C8: a field that may not be empty"),
    Code("field_too_long", 214, True, "C8: a field longer than we store"),
    Code("field_has_control_characters", 215, True, "C8: characters nobody can see"),
    Code("ine_malformed", 216, True, "C8: not a national pupil number"),
    Code("ine_twice", 217, True, "C8: the same pupil on an earlier line"),
    Code("date_malformed", 218, True, "C8: neither 2014-03-21 nor 21/03/2014, or no such day"),
    Code("postal_code_malformed", 219, True, "C8: not five digits"),
    Code("commune_unknown", 220, True, "C8: no such commune under this postal code"),
    Code("school_kind_unknown", 221, True, "C9: not a kind of school we know"),
    Code("email_malformed", 222, True, "C16: not a mail address"),
    Code("siret_malformed", 223, True, "C4: the key of the SIRET does not hold"),
    Code("iban_malformed", 224, True, "C68: the check digits of the IBAN do not hold"),
    Code("wallet_unknown", 225, True, "C10: not the name of a wallet"),
    Code("agreement_ends_too_early", 226, True, "C4: an agreement that ends before it starts"),
    Code("partner_lines_differ", 227, True, "C4: two lines of one partner contradict each other"),
    Code("outlet_twice", 228, True, "C4: the same outlet on an earlier line"),
    Code("agreement_of_another", 229, True, "C4: this agreement number is another partner's"),
    Code("school_year_unknown", 230, True, "C20: a year the scheme does not hold"),
    Code("beneficiary_unknown", 231, True, "C8: nobody of this INE in this school year"),
    Code("card_exists", 232, True, "C18: the holder has a card for this year already"),
    Code("card_already_active", 233, True, "C24: activated before"),
    Code("card_not_paused", 235, True, "C25: only a paused card can be resumed"),
    Code("pin_malformed", 236, False, "C58: not four digits"),
    Code("pin_missing", 237, False, "C58: the first activation chooses the PIN"),
    Code("photo_too_heavy", 238, True, "C26: a photo of more bytes than we read"),
    Code("photo_too_wide", 239, True, "C26: a photo of more pixels than we decode"),
    Code("photo_unreadable", 240, True, "C26: not a JPEG, PNG or WebP image"),
    Code("partner_unknown", 241, True, "C4: no partner of this SIRET, number or name"),
    Code("partner_ambiguous", 242, True, "C4: several partners of this name"),
    Code("partner_not_suspended", 243, True, "C4: only a suspended partner can be resumed"),
    Code("outlet_unknown", 244, True, "C35: this partner has no such outlet"),
    Code("outlet_ambiguous", 245, True, "C35: this partner has several outlets"),
    Code("terminal_not_waiting", 246, True, "C48: activated already; revoke it first"),
    Code("terminal_label_malformed", 247, False, "C48: a label of 1 to 60 visible characters"),
    Code("terminal_limit_out_of_range", 248, False, "C52: more than the contract's amount, or 0"),
    Code("terminal_pin_policy_unclear", 249, False, "C58: an amount goes with `above` alone"),
    Code("outlet_has_web_till", 250, True, "C43: one web till per outlet"),
    Code("agent_unknown", 251, True, "no agent has this mail address"),
    Code("agent_exists", 252, True, "an agent has this mail address already"),
    Code("agent_may_not", 253, True, "the agent's role does not cover this act"),
    Code("agent_role_unknown", 254, True, "not one of the agents' roles"),
    Code("password_too_short", 255, False, "C31: fewer characters than an agent's password has"),
    Code("totp_wrong", 256, False, "not the code of this moment"),
    Code("totp_used", 257, False, "a code serves once: wait for the next"),
    Code("iban_not_waiting", 258, True, "C68: no account of this partner waits for a look"),
    Code("iban_needs_second_agent", 259, True, "C68: nobody verifies an IBAN they changed"),
    Code("iban_on_hold", 260, False, "C70: a changed IBAN waits before it is verified"),
    Code("terminal_serial_malformed", 261, False, "C50: 3 to 40 letters, digits and dashes"),
    Code("terminal_serial_taken", 262, True, "C50: what is on loan has a number of its own"),
    Code("terminal_not_lendable", 263, True, "C50: a web till is no thing that can be lent"),
    Code("terminal_lent_already", 264, True, "C50: on loan; it comes back first"),
    Code("terminal_not_lent", 265, True, "C50: only what is on loan comes back"),
    Code("debit_unknown", 266, True, "C62: no debit has this reference"),
    Code("regularisation_unknown", 267, True, "C62: no regularisation has this number"),
    Code("regularisation_too_much", 268, True, "C62: more than what is left of the debit"),
    Code("regularisation_decided", 269, True, "C62: booked or refused before"),
    Code("regularisation_needs_second_agent", 270, False, "C62: this much takes two agents"),
    Code("regularisation_not_reversible", 271, True, "C62: never booked, or undone before"),
    Code("regularisation_spent", 272, False, "C62: the holder has spent what was given back"),
    Code("budget_exceeded", 273, False, "C10: the year's budget does not hold these grants"),
    Code("budget_out_of_range", 274, False, "C10: more than any budget has"),
    Code("reason_malformed", 275, False, "C66: a reason of 3 to 500 visible characters"),
    Code("iban_name_differs", 276, False, "C68: another name than the partner's takes evidence"),
    Code("regularisation_file_unknown", 277, True, "C62: no such question of a partner"),
    Code("regularisation_file_answered", 278, True, "C62: granted or refused before"),
    Code("person_unknown", 538, True, "C8: nobody of this INE or card, or erased before"),
    Code("card_paused_by_holder", 551, False, "C25: who paused a card resumes it: its holder"),
    Code("card_paused_by_parent", 552, False, "C25: who paused a card resumes it: the parent"),
    Code("card_paused_by_department", 553, False, "C25: who paused a card resumes it: an agent"),
)

# What the youths' verbs are refused for; from 501 on.
_YOUTH_REFUSALS: Final = (
    Code("member_may_not", 501, True, "C24: pages that open once it is known whose card it is"),
    Code("replacements_too_many", 554, True, "C25: replaced often enough for one school year"),
    Code("name_malformed", 502, False, "C16: a name of 1 to 60 letters"),
    Code("commune_unclear", 503, False, "C8: several communes share this postal code"),
    Code("already_linked", 504, True, "C24: one member, one beneficiary"),
    Code("consent_missing", 505, False, "C24: under fifteen a parent agrees first"),
    Code("who_missing", 506, False, "C24: who this is comes before whose card it is"),
    Code("link_no_match", 507, False, "C24: one answer for all that does not link"),
    Code("link_pin_needed", 508, False, "C24: a card that was activated is linked with its PIN"),
    Code("link_pin_wrong", 509, False, "C24, C58: not the PIN of this card's holder"),
    Code("link_pin_blocked", 510, False, "C24, C58: three wrong PINs; the hotline helps"),
    Code("no_card_yet", 511, False, "C24: on the roster, the card is still to be made"),
    Code("mails_delayed", 512, False, "C16: a network or a member asked for many mails; wait"),
    Code("consent_not_needed", 531, True, "C16: fifteen, or nobody knows yet how old"),
    Code("consent_given", 532, True, "C16: a parent has agreed; that stands"),
    Code("parent_email_malformed", 533, False, "C16: no address that a mail could be sent to"),
    Code("parent_email_own", 534, False, "C16: the member's own address is no parent's"),
    Code("parent_asked_enough", 535, False, "C16: a few mails a day to parents are enough"),
    Code("parent_name_malformed", 536, False, "C16: first and last name of the parent who agrees"),
    Code("proof_kind_unknown", 539, True, "C8: not a proof that is asked of this member"),
    Code("proofs_too_many", 540, False, "C8: pictures sent often enough for a day"),
    Code("erasure_not_done", 591, True, "C8: something changed in that very moment"),
    Code("erasure_not_understood", 547, False, "C8: a box says that it cannot be undone"),
    Code("proof_missing_file", 541, False, "C8: a form that should carry a picture and does not"),
    Code("parent_authority_needed", 537, False, "C16: only who has parental authority agrees"),
    Code("push_address_unknown", 571, False, "C59: an address that is no listed push service"),
    Code("quiet_hours_incomplete", 572, False, "C59: quiet hours have two ends"),
)

# What the clearing house answers when a step may not be taken; from 301 on.
_CLEARING_REFUSALS: Final = (
    Code("day_not_over", 301, False, "C69: a day is closed after its midnight"),
    Code("period_unknown", 304, True, "C66: no such fortnight"),
    Code("days_not_closed", 305, False, "C66: a fortnight is drafted when all its days are closed"),
    Code("run_not_drafted", 306, False, "C66: there is no draft to submit"),
    Code("run_not_submitted", 307, False, "C66: there is nothing submitted to judge"),
    Code("run_not_approved", 308, False, "C66: only an approved run goes to the bank"),
    Code("controls_do_not_hold", 309, False, "C71: two figures that must be equal are not"),
    Code("approver_submitted_it", 310, True, "C66: who submits does not approve"),
    Code("approver_changed_an_account", 311, True, "C68: who changes an IBAN does not approve it"),
    Code("approval_is_stale", 378, True, "C71: another run was submitted since the page was read"),
    Code("approver_brought_it_back", 376, True, "C68: who says it failed does not pay it again"),
    Code("total_differs", 312, False, "C71: the retyped total is not the run's"),
    Code("run_changed_since_submission", 313, True, "C71: what was submitted is not what is there"),
    Code("debtor_not_set", 315, False, "C66: no account to pay from is set, none is guessed"),
    Code("run_not_cancellable", 316, True, "C66: handed to the bank, which alone sends it back"),
    Code("hold_reason_malformed", 317, False, "C66: a reason of 3 to 500 characters"),
    Code("partner_held", 318, True, "C66: this partner's payments are held already"),
    Code("partner_not_held", 319, True, "C66: nothing of this partner's is held"),
    Code("papers_missing", 314, False, "C64: a run is released with all its bordereaux"),
    Code("bank_file_too_large", 360, True, "C67: more bytes, depth or elements than a bank sends"),
    Code("bank_file_not_xml", 361, True, "C67: not a file that can be read"),
    Code("bank_file_hostile", 362, True, "C67: document types and odd encodings are not read"),
    Code("bank_file_unknown", 363, True, "C67: neither pain.002 nor camt.053 nor camt.054"),
    Code("bank_file_malformed", 364, True, "C67: a place that says nothing readable"),
    Code("bank_message_reused", 365, True, "C67: a message's name with other content"),
    Code("transfer_unknown", 366, False, "C67: no transfer of this number went to the bank"),
    Code("transfer_failed", 367, True, "C68: owed again, so not paid as well"),
    Code("bank_reason_unknown", 368, False, "C68: not a reason that banks give"),
    Code("bank_reason_duplicate", 377, False, "C68: a file sent twice may have been executed"),
    Code("bank_day_impossible", 369, False, "C67: before the file was sent, or still to come"),
    Code("run_not_sent", 370, False, "C67: nothing of this fortnight is at the bank"),
    Code("run_paid_in_part", 371, True, "C67: a file of which something was paid is not refused"),
    Code("transfer_not_failed", 372, True, "C68: only what came back is let go again"),
    Code("transfer_presented_again", 373, True, "C68: stands in a later remittance already"),
    Code("release_needs_second_agent", 374, True, "C68: who typed it does not release it"),
    Code("bank_reference_malformed", 375, False, "C67: a reference of 1 to 140 characters"),
    Code("remittance_unknown", 341, True, "C64: no bordereau of this number in this run"),
    Code("paper_unreadable", 342, True, "C65: no verification code of ours can be read in it"),
    Code("paper_not_ours", 343, True, "C65: signed by nobody, or with another key"),
    Code("paper_altered", 344, True, "C65: the paper says other figures than its signed code"),
    Code("public_key_unreadable", 345, True, "C65: not a public key file of this product"),
    Code("run_not_exported", 346, False, "C66: nobody pays by a list that may still be cancelled"),
    Code("year_without_operations", 347, True, "C71: nothing was ever booked in this year"),
)

# What a portal answers to a person at a screen; from 401 on.
_PORTAL_REFUSALS: Final = (
    Code("sign_in_failed", 401, False, "C31: address and password do not go together"),
    Code("sign_in_delayed", 402, False, "C31: too many wrong tries; wait"),
    Code("link_unknown", 403, True, "C30: a link that is old, used or was never sent"),
    Code("password_too_weak", 404, False, "C31: a password that is on the lists of guessers"),
    Code("passwords_differ", 405, False, "C31: typed twice, two ways"),
    Code("recovery_code_wrong", 406, False, "C31: not an unused recovery code of this person"),
    Code("proof_needed", 407, False, "C70: password and code are asked again for this act"),
    Code("form_expired", 408, False, "a form of another session or of another site"),
    Code("role_may_not", 409, True, "C36: the delegate's role does not cover this page"),
    Code("delegate_exists", 410, True, "C33: this person is a delegate of the partner already"),
    Code("delegate_name_malformed", 411, False, "C33: a name of 1 to 60 visible characters"),
    Code("delegate_role_unknown", 412, True, "C33: not a role that can be given"),
    Code("delegate_needs_outlet", 413, False, "C35: one outlet of the partner's at least"),
    Code("delegate_end_passed", 414, False, "C33: a last day that is over"),
    Code("ceiling_out_of_range", 415, False, "C33: nothing, or more than a debit may be"),
    Code("delegate_is_lead", 416, True, "C32: the lead is handed over first"),
    Code("delegate_not_invited", 417, True, "C34: only who has not come yet is invited again"),
    Code("delegate_not_active", 418, True, "C33: only who is active can be suspended or lead"),
    Code("delegate_not_suspended", 419, True, "C33: only who is suspended can come back"),
    Code("lead_needs_second_factor", 420, False, "C32: who leads has a second factor"),
    Code("web_till_revoked", 421, True, "C43: the Département has switched this web till off"),
    Code("pass_over", 423, True, "C33: a pass of another day, or one that was ended"),
    Code("debit_still_cancellable", 424, False, "C60: today's debits are cancelled, not corrected"),
    Code("debit_not_correctable", 425, True, "C62: refused or cancelled, nothing to correct"),
    Code("right_amount_not_lower", 426, False, "C62: a correction gives back; it takes nothing"),
    Code("explanation_too_long", 427, False, "C62: more than 500 characters"),
    Code("holder_name_malformed", 428, False, "C68: the bank's format has 1 to 70 characters"),
    Code("iban_unchanged", 429, True, "C68: this is the account in use already"),
    Code("password_wrong", 430, False, "C31: not the password of who is signed in"),
    Code("password_too_long", 431, False, "C31: more characters than a password may have"),
    Code("invitations_too_many", 432, False, "C34: invited again often enough for an hour"),
    Code("amount_unclear", 433, False, "C71: not an amount in euros as people write it"),
    Code("bank_file_missing", 434, False, "C67: a form that should carry a file and does not"),
    Code("proofs_decided", 542, True, "C8: nothing of this youth waits: decided or taken back"),
    Code("proofs_missing", 543, False, "C8: accepted only with all that is asked for"),
    Code("proof_reason_unknown", 544, False, "C8: a reason of the desk's list"),
    Code("beneficiary_has_member", 545, True, "C8: this person has an account already"),
    Code("proofs_without_consent", 548, False, "C16: under fifteen a parent agrees first"),
    Code("proofs_person_unsure", 550, False, "C8: a namesake's money is not given away"),
    Code("person_erased_this_year", 549, True, "C8: had money this school year, then was erased"),
    Code("proofs_not_eligible", 546, True, "C8: the scheme's rules do not admit this person"),
)


def _names(codes: tuple[Code, ...]) -> tuple[str, ...]:
    return tuple(code.name for code in codes)


DECLINE_ORDER: Final[tuple[str, ...]] = _names(_DECLINES)
CANCELLATION_DECLINES: Final[tuple[str, ...]] = _names(_CANCELLATION_DECLINES)
PROBLEMS: Final[tuple[str, ...]] = _names(_PROBLEMS)
VERB_REFUSALS: Final[tuple[str, ...]] = _names(_VERB_REFUSALS + _CLEARING_REFUSALS)
PORTAL_REFUSALS: Final[tuple[str, ...]] = _names(_PORTAL_REFUSALS)
YOUTH_REFUSALS: Final[tuple[str, ...]] = _names(_YOUTH_REFUSALS)


def _index(codes: tuple[Code, ...]) -> dict[str, Code]:
    # Two codes with one number would make two different refusals hash alike.
    if len({code.number for code in codes}) != len(codes):
        raise ValueError("two refusal codes share a number")
    index = {code.name: code for code in codes}
    if len(index) != len(codes):
        raise ValueError("two refusal codes share a name")
    return index


by_name: Final[dict[str, Code]] = _index(
    _DECLINES
    + _CANCELLATION_DECLINES
    + _PROBLEMS
    + _VERB_REFUSALS
    + _CLEARING_REFUSALS
    + _PORTAL_REFUSALS
    + _YOUTH_REFUSALS
)
