-- A text on one line, with a leading apostrophe if a spreadsheet might run it: the same as disarmed()
-- of clearing/documents/bordereau_csv.py, for files that the server writes itself. Blanks, quotes and
-- invisible signs are skipped first, as spreadsheets do; full-width signs count as the plain ones.
CREATE OR REPLACE FUNCTION spreadsheet_text(p_text text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN p_text ~ '^[\t\r]' OR left(normalize(left(regexp_replace(p_text,
            '^[\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"''`´‘’“”«»\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+',
            ''), 1), NFKC), 1) IN ('=', '+', '-', '@') THEN '''' ELSE '' END
    || regexp_replace(p_text, '\r\n|[\n\r\v\f\u001c-\u001e\u0085\u2028\u2029]', ' ', 'g')
$$;
