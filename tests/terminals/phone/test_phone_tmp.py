from tests.terminals.phone.test_phone_screens import _trouble, POLICY
def test_x(phone_of, site, card):
    phone = phone_of(policy=POLICY)
    try:
        for name in _trouble(phone, card):
            print(name)
    except AssertionError:
        phone.page.screenshot(path="/tmp/phone2/x.png")
        print(phone.page.locator("body").get_attribute("data-screen"), phone.page.locator("main").inner_text(), phone.watch.complaints, phone.watch.asked[-12:])
        raise
