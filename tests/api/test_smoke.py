from uuid import uuid4
from tests import makers
import json
def test_all(office, stranger):
    shop=makers.make_partner(office)
    till=makers.make_terminal(office,shop)
    card=makers.make_card(office)
    s=stranger(till)
    b=s.read(card.code); print(json.dumps(b,indent=1,ensure_ascii=False))
    i=b["identification"]; oid=str(uuid4())
    for a in (s.check(i), s.debit(i,1234,operation_id=oid), s.debit_answer(i,1234,operation_id=oid).json(), s.debit(i,99999), s.ask(oid).json(), s.cancel(oid,reason="mistake").json(), s.ask(oid).json(), s.cancel(str(uuid4())).json(), s.day(limit=1), s.http.get("/me").json(), s.http.get("/day-closes/2026-11-21").json(), s.http.get("/nope").json(), s.http.put("/me").json(), s.debit_answer("x").json(), s.debit_answer(i,True).json()):
        print(json.dumps(a,ensure_ascii=False))
    print(s.http.put("/me").headers)
    print(s.http.get("http://127.0.0.1:%d/metrics"%s.http.base_url.port).text[-1500:])
    print(s.http.get("http://127.0.0.1:%d/readyz"%s.http.base_url.port).text)
    assert 0
