// The page of notices: asks the browser whether it may ring, and hands its address over by the form.

const form = document.getElementById("subscribe");
const button = document.getElementById("ring");
const refused = document.getElementById("ring-refused");

if (form && "serviceWorker" in navigator && "PushManager" in window) {
  document.getElementById("ring-absent").hidden = true;
  form.hidden = false;
  button.addEventListener("click", subscribe);
}

async function subscribe(event) {
  event.preventDefault();
  refused.hidden = true;
  try {
    if ((await Notification.requestPermission()) !== "granted") throw new Error("not granted");
    const registration = await navigator.serviceWorker.register("/jeune/sw.js", { scope: "/jeune" });
    await navigator.serviceWorker.ready;
    const given = await registration.pushManager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: form.dataset.key,
    });
    const { endpoint, keys } = given.toJSON();
    form.elements.adresse.value = endpoint;
    form.elements.cle.value = keys.p256dh;
    form.elements.secret.value = keys.auth;
    form.submit();
  } catch {
    refused.hidden = false;
  }
}
