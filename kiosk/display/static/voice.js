// Reads sentences aloud, in each language for which the browser has a voice; silent where it has none.

const LOCALES = { id: "id-ID", en: "en-GB" };

export class Voice {
  constructor(wanted) {
    this.synthesis = wanted ? window.speechSynthesis : undefined;
    this.said = "";
  }

  // What is to be heard now; the same again says nothing, something else ends what is being said.
  say(words) {
    const now = JSON.stringify(words.map((word) => word.voice));
    if (!this.synthesis || now === this.said) return;
    this.said = now;
    this.synthesis.cancel();
    this.add(words);
  }

  // A further sentence behind what is being said.
  add(words) {
    if (!this.synthesis) return;
    for (const { language, voice } of words) this.speak(language, voice);
  }

  speak(language, sentence) {
    const voices = this.synthesis.getVoices().filter((voice) => voice.lang.toLowerCase().startsWith(language));
    if (!sentence || voices.length === 0) return;
    const utterance = new SpeechSynthesisUtterance(sentence);
    utterance.lang = LOCALES[language] ?? language;
    utterance.voice = voices.find((voice) => voice.localService) ?? voices[0];
    utterance.rate = 0.95;
    this.synthesis.speak(utterance);
  }
}
