// A page opened from a file may start no worker, and search is one. A hidden frame that runs the worker's script takes
// its place, once somebody turns to the search box: reading the index takes a second of the page's own time.
// The name of this file tells the offline plugin that no other script has to be fetched for this.
if (location.protocol === "file:") {
  const asked = new Promise(resolve => {
    if (new URLSearchParams(location.search).has("q")) resolve();
    for (const event of ["focusin", "pointerover"])
      document.addEventListener(event, ({ target }) => target.closest(".md-search, [for=__search]") && resolve());
  });

  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const address = new URL(url, location.href).href;
      this.started = asked.then(() => this.#frame()).then(inside => this.#run(inside, address));
    }

    #frame() {
      const frame = document.createElement("iframe");
      frame.hidden = true;
      frame.title = "search";
      return new Promise(loaded => {
        frame.addEventListener("load", () => loaded(frame.contentWindow), { once: true });
        document.body.append(frame);
      });
    }

    #run(inside, address) {
      inside.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }));
      return new Promise((running, failed) => {
        const script = inside.document.createElement("script");
        script.src = address;
        script.onload = () => running(inside);
        script.onerror = failed;
        inside.document.head.append(script);
      });
    }

    async postMessage(data) {
      const inside = await this.started;
      inside.dispatchEvent(new MessageEvent("message", { data }));
    }
  };
}
