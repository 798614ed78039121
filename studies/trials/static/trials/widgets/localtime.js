/* localtime.js: tells moments by the reader's own clock; it measures nothing. Without it the page tells them in UTC, in words. */
const FORM = { weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" };

export function enhance(root) {
  for (const time of root.querySelectorAll("time[data-local]")) {
    const moment = new Date(time.dateTime);
    if (!Number.isNaN(moment.getTime())) {
      time.textContent = new Intl.DateTimeFormat(document.documentElement.lang || undefined, FORM).format(moment);
    }
  }
}
