-- The reference of an operation as people read it (`D0004K7X`): the same as operation_reference() of
-- cardservice/domain/short_code.py, for files that the server writes itself. `D`, six digits in base 32
-- at least, one check character. The octets that come back are the alphabet's (get_byte is far quicker
-- than substr); each other row is what a digit of that place adds to the check.
CREATE OR REPLACE FUNCTION operation_reference(p_no bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 'D'
    || CASE WHEN p_no < 1073741824 THEN '' ELSE ltrim(
        chr(get_byte('\x3031323334353637383941424344454647484a4b4d4e5051525354565758595a', (p_no >> 60 & 31)::int))
        || chr(get_byte('\x3031323334353637383941424344454647484a4b4d4e5051525354565758595a', (p_no >> 55 & 31)::int))
        || chr(get_byte('\x3031323334353637383941424344454647484a4b4d4e5051525354565758595a', (p_no >> 50 & 31)::int))
        || chr(get_byte('\x3031323334353637383941424344454647484a4b4d4e5051525354565758595a', (p_no >> 45 & 31)::int))
        || chr(get_byte('\x3031323334353637383941424344454647484a4b4d4e5051525354565758595a', (p_no >> 40 & 31)::int))
        || chr(get_byte('\x3031323334353637383941424344454647484a4b4d4e5051525354565758595a', (p_no >> 35 & 31)::int))
        || chr(get_byte('\x3031323334353637383941424344454647484a4b4d4e5051525354565758595a', (p_no >> 30 & 31)::int)), '0') END
    || chr(get_byte('\x3031323334353637383941424344454647484a4b4d4e5051525354565758595a', (p_no >> 25 & 31)::int))
    || chr(get_byte('\x3031323334353637383941424344454647484a4b4d4e5051525354565758595a', (p_no >> 20 & 31)::int))
    || chr(get_byte('\x3031323334353637383941424344454647484a4b4d4e5051525354565758595a', (p_no >> 15 & 31)::int))
    || chr(get_byte('\x3031323334353637383941424344454647484a4b4d4e5051525354565758595a', (p_no >> 10 & 31)::int))
    || chr(get_byte('\x3031323334353637383941424344454647484a4b4d4e5051525354565758595a', (p_no >> 5 & 31)::int))
    || chr(get_byte('\x3031323334353637383941424344454647484a4b4d4e5051525354565758595a', (p_no & 31)::int))
    || chr(get_byte('\x3031323334353637383941424344454647484a4b4d4e5051525354565758595a', 
        get_byte('\x00020406080a0c0e10121416181a1c1e050701030d0f090b151711131d1f191b', (p_no & 31)::int)
        # get_byte('\x0004080c1014181c05010d0915111d190a0e02061a1e12160f0b07031f1b1713', (p_no >> 5 & 31)::int)
        # get_byte('\x00081018050d151d0a021a120f071f17141c040c111901091e160e061b130b03', (p_no >> 10 & 31)::int)
        # get_byte('\x001005150a1a0f1f140411011e0e1b0b0d1d08180717021219091c0c13031606', (p_no >> 15 & 31)::int)
        # get_byte('\x00050a0f14111e1b0d080702191c13161a1f10150e0b040117121d180306090c', (p_no >> 20 & 31)::int)
        # get_byte('\x000a141e0d0719131a100e04171d0309111b050f1c1608020b011f15060c1218', (p_no >> 25 & 31)::int)
        # CASE WHEN p_no < 1073741824 THEN 0 ELSE
            get_byte('\x00140d191a0e170311051c080b1f061207130a1e1d09100416021b0f0c180115', (p_no >> 30 & 31)::int)
            # get_byte('\x000d1a17111c0b06070a1d10161b0c010e0314191f1205080904131e1815020f', (p_no >> 35 & 31)::int)
            # get_byte('\x001a110b071d160c0e141f05091318021c060d171b010a1012080319150f041e', (p_no >> 40 & 31)::int)
            # get_byte('\x001107160e1f09181c0d1b0a120315041d0c1a0b13021405011006170f1e0819', (p_no >> 45 & 31)::int)
            # get_byte('\x00070e091c1b12151d1a131401060f081f18111603040d0a02050c0b1e191017', (p_no >> 50 & 31)::int)
            # get_byte('\x000e1c121d13010f1f11030d020c1e101b15070906081a14040a18161917050b', (p_no >> 55 & 31)::int)
            # get_byte('\x001c1d011f03021e1b07061a04181905130f0e120c10110d08141509170b0a16', (p_no >> 60 & 31)::int)
        END))
$$;
