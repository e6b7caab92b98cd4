// Reads sentences aloud, in each language for which the browser has a voice; other languages are skipped.

const LOCALES = { id: "id-ID", en: "en-GB" };

export class Voice {
  constructor(wanted) {
    this.synthesis = wanted ? window.speechSynthesis : undefined;
    this.said = "";
  }

  // Says `words` and stops the sentences before them. Does nothing if `words` are the same as last time.
  say(words) {
    const now = JSON.stringify(words.map((word) => word.voice));
    if (!this.synthesis || now === this.said) return;
    this.said = now;
    this.synthesis.cancel();
    this.add(words);
  }

  // Says `words` after the sentences that are being said.
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
