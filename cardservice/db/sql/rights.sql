-- What the application may do. Money moves through a few functions and through nothing else; an
-- operation can be read, never written, changed or removed.
REVOKE TEMPORARY ON DATABASE cjeune FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM cjeune_app;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC, cjeune_app;
GRANT USAGE ON SCHEMA public TO cjeune_app;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO cjeune_app;

GRANT EXECUTE ON FUNCTION live_marks, ledger_now, business_day, card_refusal, year_refusal, debit, debit_many, cancel_debit,
    grant_many, lapse_some, reimburse_many, close_day, hold_day_open, identify_many, identify_screens, check_debit,
    register_moved, hold_budget, left_of_budget, book_regularisation, reverse_regularisation,
    refuse_regularisation, free_run, operation_reference, spreadsheet_text, answer_transfers,
    last_presentation, judge_pin
TO cjeune_app;

GRANT INSERT, UPDATE ON
    beneficiary, beneficiary_year, holder_pin, holder_photo, card, agent,
    partner, agreement, outlet, bank_account, terminal, terminal_sighting, activation_code,
    credential, recovery_code, sign_in_link, sign_in_guard, web_session,
    delegate, till_pass, calendar_feed, regularisation_file, waiting_mail,
    reimbursement_run, remittance, partner_hold
TO cjeune_app;
GRANT DELETE ON
    web_session, sign_in_link, sign_in_guard, recovery_code, calendar_feed, waiting_mail
TO cjeune_app;
GRANT INSERT, DELETE ON delegate_outlet TO cjeune_app;
GRANT INSERT, UPDATE ON job_run TO cjeune_app;
-- Which operation books a regularisation is for the money functions alone to write.
GRANT INSERT (debit_id, file_id, amount_cents, reason, evidence, asked_by, asked_at, needs_second,
    state), UPDATE (evidence)
ON regularisation TO cjeune_app;
GRANT INSERT ON
    day_mail, remittance_payment, journal, card_reading, fortnight, run_event, document, paper_failure, day_close, day_close_wallet
TO cjeune_app;
GRANT INSERT ON wallet_budget TO cjeune_app;
GRANT INSERT, DELETE ON agreement_wallet TO cjeune_app;
GRANT INSERT (remittance_id, operation_id, wallet, nature, amount_cents), DELETE
ON remittance_line TO cjeune_app;
GRANT INSERT, DELETE ON remittance_carry, remittance_re_presentation TO cjeune_app;
-- The answer of a transfer is for the money function alone to write (answer_transfers).
GRANT INSERT ON bank_message, bank_finding, transfer_release TO cjeune_app;
GRANT DELETE ON remittance TO cjeune_app;
GRANT SELECT, DELETE ON notification_outbox TO cjeune_app;
GRANT UPDATE (operations, root, previous_seal, seal) ON day_block TO cjeune_app;
GRANT INSERT, UPDATE, DELETE ON
    member, member_link, parent_consent, proof_file, card_pause, screen_card, plastic_order,
    notice, push_subscription, waiting_push
TO cjeune_app;
-- What an erased person leaves behind.
GRANT DELETE ON holder_photo, holder_pin, card_reading TO cjeune_app;
